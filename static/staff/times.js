// <time datetime="…" data-local>: shown in the reader's own time zone. What the
// server wrote, which is UTC, stays as the hint.
(function (stats) {
  "use strict";

  const language = document.documentElement.lang || undefined;

  stats.formatTime = function (moment, timeZone) {
    const style = { dateStyle: "medium", timeStyle: "short", timeZone };
    return new Intl.DateTimeFormat(language, style).format(moment);
  };

  stats.showLocalTimes = function (root) {
    for (const element of root.querySelectorAll("time[data-local]")) {
      const moment = new Date(element.dateTime);
      if (Number.isNaN(moment.getTime())) {
        continue;
      }
      element.title = `${element.textContent.trim()} UTC`;
      element.textContent = stats.formatTime(moment);
    }
  };

  stats.showLocalTimes(document);
})((globalThis.Stats ??= {}));

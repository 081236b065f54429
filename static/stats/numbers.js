// Numbers and money as the page's language writes them.
(function (stats) {
  "use strict";

  const language = document.documentElement.lang || undefined;

  stats.formatNumber = function (value) {
    return new Intl.NumberFormat(language).format(value);
  };

  // The currency decides how many places there are.
  stats.formatMoney = function (amount, currency) {
    const style = { style: "currency", currency };
    return new Intl.NumberFormat(language, style).format(amount);
  };
})((globalThis.Stats ??= {}));

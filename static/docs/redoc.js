// The API's reference page: the schema, to read from top to bottom. Runs before Redoc,
// and lets it do under the page's policy what it does by itself elsewhere.
(function () {
  "use strict";

  const { nonce } = document.currentScript;
  const createElement = document.createElement.bind(document);

  // Redoc writes style elements from its first line on, before it takes a nonce.
  // And it asks another site for its maker's logo; here there is none.
  document.createElement = function (name, options) {
    const element = createElement(name, options);
    if (name === "style") element.nonce = nonce;
    if (name === "img") refuseOtherSites(element);
    return element;
  };

  function refuseOtherSites(image) {
    const setAttribute = image.setAttribute.bind(image);
    image.setAttribute = function (name, value) {
      const isForeign = name === "src" && !isOurs(value);
      if (isForeign) queueMicrotask(() => image.dispatchEvent(new Event("error")));
      else setAttribute(name, value);
    };
    Object.defineProperty(image, "src", {
      get: () => image.getAttribute("src") ?? "",
      set: (address) => image.setAttribute("src", address),
    });
  }

  function isOurs(address) {
    const url = new URL(address, document.baseURI);
    return url.origin === location.origin || url.protocol === "data:";
  }

  document.addEventListener("DOMContentLoaded", function () {
    const place = document.getElementById("redoc");
    if (place === null) return;
    // Redoc's search would run a worker that no file is behind.
    const options = { nonce, disableSearch: true };
    Redoc.init(place.dataset.schemaUrl, options, place);
  });
})();

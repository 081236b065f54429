// The API's page: the schema, and calls from the page as the session's user.
(function () {
  "use strict";

  const place = document.getElementById("swagger-ui");
  const { schemaUrl, csrfHeader, csrfToken } = place.dataset;

  function proveOrigin(request) {
    if (!["GET", undefined].includes(request.method)) {
      request.headers[csrfHeader] = csrfToken;
    }
    return request;
  }

  SwaggerUIBundle({
    url: schemaUrl,
    domNode: place,
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    deepLinking: true,
    requestInterceptor: proveOrigin,
  });
})();

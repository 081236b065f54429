// Access keys of the admin; docs/staff.md names them.
(function () {
  "use strict";

  const keys = [
    ["/", ".search-all input"],
    ["f", "#searchbar"],
    ["s", "input[name=_save]"],
    ["e", "input[name=_continue]"],
    ["n", ".object-tools .addlink"],
    ["h", ".object-tools .historylink"],
  ];

  for (const [key, selector] of keys) {
    const element = document.querySelector(selector);
    if (element !== null) element.accessKey = key;
  }
})();

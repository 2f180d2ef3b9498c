// Sets theme and language on <html> before the first paint, so that nothing flashes.
// Keys and rules are those of src/app/preferences.ts.
(function () {
  var root = document.documentElement;
  var theme = "system";
  var language = null;
  try {
    theme = localStorage.getItem("automation.theme") || theme;
    language = localStorage.getItem("automation.language");
  } catch {
    // Storage may be forbidden; the defaults are good.
  }
  var dark = theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = dark ? "dark" : "light";
  root.lang = language || (/^zh\b/i.test(navigator.language) ? "zh-Hant-TW" : "en");
})();

// The content security policy lets no string become markup. Ant Design writes its styles with `innerHTML`: text without
// a tag in it is let through, everything else throws.
if (window.trustedTypes) {
  window.trustedTypes.createPolicy("default", {
    createHTML: function (text) {
      if (text.indexOf("<") >= 0) throw new TypeError("markup from a string");
      return text;
    },
  });
}

import js from "@eslint/js";

const browser = [
  "Blob",
  "Event",
  "EventTarget",
  "ImageData",
  "ResizeObserver",
  "atob",
  "btoa",
  "cancelAnimationFrame",
  "clearTimeout",
  "createImageBitmap",
  "devicePixelRatio",
  "document",
  "location",
  "matchMedia",
  "performance",
  "requestAnimationFrame",
  "setTimeout",
];

export default [
  js.configs.recommended,
  {
    languageOptions: {
      ecmaVersion: 2022,
      sourceType: "module",
      globals: Object.fromEntries([...browser, "globalThis"].map((name) => [name, "readonly"])),
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "consistent-return": "error",
      curly: ["error", "multi-line"],
      eqeqeq: "error",
      "no-shadow": "error",
      "no-var": "error",
      "prefer-const": "error",
    },
  },
];

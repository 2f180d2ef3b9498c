import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist", "src/api/schema.d.ts", "public"] },
  ...tseslint.configs.recommended,
  hooks.configs.flat["recommended-latest"],
  {
    rules: {
      // The content security policy and trusted types forbid what these would need.
      "no-eval": "error",
      "no-restricted-syntax": [
        "error",
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "Text is text." },
      ],
      "no-console": ["error", { allow: ["error"] }],
      "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
    },
  },
);

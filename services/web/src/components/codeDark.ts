// The editor's dark theme on a ground as dark as the page's: its red and comments are readable there (WCAG AA).
import { EditorView, type Extension, oneDark, Prec } from "@uiw/react-codemirror";

const GROUND = "#14171c";

export const codeDark: Extension = [
  Prec.highest(
    EditorView.theme(
      { "&": { backgroundColor: GROUND }, ".cm-gutters": { backgroundColor: GROUND, color: "#8d96a5" }, ".cm-content": { color: "#c5ccd8" } },
      { dark: true },
    ),
  ),
  oneDark,
];

// The entry: finds the style nonce that the server wrote into the document, and mounts the application.
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "@/app/App";
import { giveNonceToStyles } from "@/app/styleNonce";
import "@/app/base.css";

const root = document.getElementById("root");
if (!root) throw new Error("no #root");
const nonce = document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce;
if (nonce) giveNonceToStyles(nonce);
createRoot(root).render(
  <StrictMode>
    <App nonce={nonce} />
  </StrictMode>,
);

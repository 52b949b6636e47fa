import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Terminal } from "./terminal.tsx";

const root = document.querySelector("#root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <Terminal />
    </StrictMode>,
  );

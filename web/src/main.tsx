import { render } from "preact";
import "./styles/main.css";
import { App } from "./app/app.tsx";
import { loadLocale } from "./i18n/i18n.ts";
import "./settings/theme.ts";

const root = document.querySelector("#root");
await loadLocale();
if (root) render(<App />, root);

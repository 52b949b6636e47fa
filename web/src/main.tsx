// Before what loads a script.
import "./lib/scripts.ts";
import { render } from "preact";
import "./styles/main.css";
import { App } from "./app/app.tsx";
import { registerServiceWorker } from "./app/service-worker.ts";
import { loadLocale } from "./i18n/i18n.ts";
import "./settings/theme.ts";

const root = document.querySelector("#root");
await loadLocale();
if (root) render(<App />, root);
// After what the page needs at first.
void registerServiceWorker();

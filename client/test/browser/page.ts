import * as core from "../../src/index.ts";

/** What the tests call in a page: `page.evaluate(() => window.parley…)`. */
const parley = { core };

declare global {
  interface Window {
    parley: typeof parley;
  }
}

window.parley = parley;

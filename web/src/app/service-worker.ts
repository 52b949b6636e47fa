import { keepScripts } from "../lib/scripts.ts";

/** The one script that this page loads by an address that is no import. */
const SCRIPT = "/service-worker.js";

/** The part of Trusted Types that is used: not all browsers have them. */
interface Policies {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): { createScriptURL: (url: string) => string };
}

declare global {
  interface Window {
    trustedTypes?: Policies;
  }
}

/**
 * Lets the browser keep the page, so that it opens without a connection. One that cannot, as over plain http
 * and in some private windows, keeps the scripts for as long as the page is open.
 */
export async function registerServiceWorker(): Promise<void> {
  if (!("serviceWorker" in navigator)) return keepScripts();
  // The Content-Security-Policy allows a policy of this name alone.
  const policy = window.trustedTypes?.createPolicy("parley", {
    createScriptURL: (url) => {
      if (url !== SCRIPT) throw new TypeError(`no script of this page: ${url}`);
      return url;
    },
  });
  try {
    await navigator.serviceWorker.register(policy ? policy.createScriptURL(SCRIPT) : SCRIPT);
  } catch {
    await keepScripts();
  }
}

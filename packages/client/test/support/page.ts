import { Window } from "happy-dom";
import { onTestFinished, vi } from "vitest";

/**
 * A page for a framework to render into, for the rest of a test file: renderers look at the page even
 * after the last component is gone. Only what they ask the global scope for is of the page: the client
 * keeps Node's network.
 */
export function stubPage(): void {
  const page = new Window();
  const { document: pageDocument, HTMLElement, HTMLIFrameElement, MutationObserver } = page;
  const globals = { window: page, document: pageDocument, HTMLElement, HTMLIFrameElement, MutationObserver };
  for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
}

/** An element in the page, which goes with the test. */
export function element(): HTMLElement {
  const root = document.createElement("div");
  document.body.append(root);
  onTestFinished(() => root.remove());
  return root;
}

import { createElement, Fragment, render } from "preact";
import { StrictMode } from "preact/compat";
import { afterAll, vi } from "vitest";

// As an app's bundler puts Preact in the place of React. Other files of this worker have it with React.
vi.mock("react", () => import("preact/compat"));
vi.resetModules();
const { testBindings } = await import("./bindings.ts");
afterAll(() => {
  vi.resetModules();
});

testBindings((root) => ({
  render(components, props) {
    const children = components.map((component, key) => createElement(component, { ...props, key }));
    render(createElement(StrictMode, null, createElement(Fragment, null, children)), root);
  },
  unmount: () => render(null, root),
}));

import { createElement, Fragment, render } from "preact";
import { StrictMode } from "preact/compat";
import { vi } from "vitest";
import { testBindings } from "./bindings.ts";

// As an app's bundler puts Preact in the place of React.
vi.mock("react", () => import("preact/compat"));

testBindings((root) => ({
  render(components, props) {
    const children = components.map((component, key) => createElement(component, { ...props, key }));
    render(createElement(StrictMode, null, createElement(Fragment, null, children)), root);
  },
  unmount: () => render(null, root),
}));

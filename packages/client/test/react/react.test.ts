import { act, createElement, Fragment, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { expect, test, vi } from "vitest";
import { Chat } from "../../src/index.ts";
import { useChat, useConversationWindow } from "../../src/react/index.ts";
import { testBindings } from "./bindings.ts";

testBindings((root) => {
  const tree = createRoot(root);
  return {
    render(components, props) {
      const children = components.map((component, key) => createElement(component, { ...props, key }));
      tree.render(createElement(StrictMode, {}, createElement(Fragment, {}, children)));
    },
    async unmount() {
      // React goes on in later turns, and asks for the window, which may be gone by then.
      Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
      await act(async () => tree.unmount());
      Reflect.deleteProperty(globalThis, "IS_REACT_ACT_ENVIRONMENT");
    },
  };
});

test("a server renders what there is, and opens no window", () => {
  const chat = new Chat({ url: "http://localhost", token: "" });
  const open = vi.spyOn(chat, "open");
  const App = () => {
    const [{ isLoading, messages }] = useConversationWindow(chat, 1);
    return `${useChat(chat, ({ connection }) => connection)} ${isLoading} ${messages.length}`;
  };
  expect(renderToString(createElement(App))).toBe("offline true 0");
  expect(open).not.toHaveBeenCalled();
});

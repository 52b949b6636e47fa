/** An app that is nothing but the kit. Its address says who signs in where: `#server,username,token`. */
import {
  Chat,
  ChatHeader,
  ConversationList,
  MessageInput,
  MessageList,
  useLoginState,
} from "@tencentcloud/chat-uikit-react";
import { UIKitProvider } from "@tencentcloud/uikit-base-component-react";
import { createElement, useEffect } from "react";
import { createRoot } from "react-dom/client";

/** The kit speaks English to apps with such a number, and Chinese to others. */
const sdkAppId = 20_000_001;

const [server, userId = "", userSig = ""] = location.hash.slice(1).split(",");
Reflect.set(globalThis, "PARLEY_TIM_SERVER", server);

function App() {
  const { login, status } = useLoginState();
  useEffect(() => {
    void login({ sdkAppId, userId, userSig });
  }, [login]);
  // The kit wants somebody to be signed in before it is shown.
  if (status !== "success") return null;
  const chat = [ChatHeader, MessageList, MessageInput].map((part) => createElement(part, { key: part.name }));
  const style = { display: "flex", height: "100%" };
  const list = createElement("div", { style: { flex: "0 0 300px" } }, createElement(ConversationList));
  return createElement("div", { style }, list, createElement(Chat, {}, chat));
}

const root = createRoot(document.querySelector("#app") ?? document.body);
root.render(createElement(UIKitProvider, { theme: "light", language: "en-US" }, createElement(App)));

import { ParleyChat, ParleyInbox } from "./elements.tsx";

// A page may load the script twice.
if (!customElements.get("parley-chat")) {
  customElements.define("parley-chat", ParleyChat);
  customElements.define("parley-inbox", ParleyInbox);
}

import { Chat } from "parley-client";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";

/** `?url=http://localhost:8787&token=…` */
const query = new URLSearchParams(location.search);
const chat = new Chat({ url: query.get("url") ?? location.origin, token: query.get("token") ?? "" });
void chat.start();
const root = document.querySelector("#root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <App chat={chat} />
    </StrictMode>,
  );

import { html } from "hono/html";
import type { SocketsDocument } from "../../../src/surfaces/v1/openapi/asyncapi.ts";
import { nameOf } from "../../../src/surfaces/v1/openapi/normalize.ts";
import { FRAMES_PATH, rich } from "../markdown.ts";
import type { Html } from "../page/html.ts";
import type { DocsPage } from "../page/page.ts";
import { expanded, type Shape, type Shapes } from "./shape.ts";

type Message = SocketsDocument["components"]["messages"][string];
type Side = "receive" | "send";

const TITLES: Record<Side, string> = { receive: "Frames of a client", send: "Frames of the server" };

/** The page with every frame of both sockets. A frame that both have stands there once. */
export function framesPage(document: SocketsDocument, shapes: Shapes): DocsPage {
  const frames = (["receive", "send"] as const).map((side) => ({ side, all: framesOf(document, side) }));
  return {
    path: FRAMES_PATH,
    title: "Frames of the sockets",
    group: "Calls of v1",
    body: html`<h1>Frames of the sockets</h1>
<p>Every frame is a text frame with one JSON object, but for the bare words <code>ping</code> and <code>pong</code>. <a href="/docs/sockets">Sockets</a> explains
when which frame comes, <a href="/docs/resume">Resume</a> how to miss none. The same schemas are in <a href="/asyncapi.json">asyncapi.json</a>.</p>
${frames.map(({ side, all }) => html`<h2 id="${side}">${TITLES[side]}</h2>${all.map(([name, sockets]) => frame(document, name, sockets, shapes))}`)}`,
    sections: frames.flatMap(({ side, all }) => [
      { id: side, title: TITLES[side], text: "", isInMenu: true },
      ...all.map(([name]) => ({
        id: name,
        title: typeOf(document.components.messages[name], shapes),
        text: `frame ${document.components.messages[name]?.summary ?? ""}`,
        isInMenu: true,
      })),
    ]),
  };
}

/** The names of the frames of one side, each with the sockets that have it. */
function framesOf({ operations }: SocketsDocument, side: Side): [name: string, sockets: string[]][] {
  const sockets = new Map<string, string[]>();
  for (const { action, channel, messages } of Object.values(operations)) {
    if (action !== side) continue;
    for (const message of messages) {
      const name = nameOf(message) ?? "";
      sockets.set(name, [...(sockets.get(name) ?? []), nameOf(channel) ?? ""]);
    }
  }
  return [...sockets];
}

function frame(document: SocketsDocument, name: string, sockets: string[], shapes: Shapes): Html {
  const message = document.components.messages[name];
  const example = message?.examples[0]?.payload;
  return html`<article class="call" id="${name}">
<h3><code>${typeOf(message, shapes)}</code> <small>${sockets.length > 1 ? "both sockets" : `the ${sockets[0]} socket`}</small></h3>
<div>
<p>${rich(message?.summary ?? "")}</p>
${message && isJson(message) ? expanded(message.payload, shapes) : ""}
</div>
<div class="example"><pre tabindex="0"><code>${typeof example === "string" ? example : JSON.stringify(example, null, 2)}</code></pre></div>
</article>`;
}

/** Whether a frame is JSON, and not a bare word. */
function isJson({ contentType }: Message): boolean {
  return contentType === "application/json";
}

/** The type of a frame as it stands in the frame; the word itself for a bare word. */
function typeOf(message: Message | undefined, shapes: Shapes): string {
  const payload: Shape = message?.payload ?? {};
  const shape = shapes[nameOf(payload) ?? ""] ?? payload;
  const parts = [shape, ...(shape.allOf ?? [])];
  const types = parts.map(({ properties }) => properties?.type?.const);
  return String(types.find((type) => type !== undefined) ?? shape.const ?? message?.name);
}

import { ABOUT_SOCKETS, SECURITY_SCHEMES } from "./about.ts";
import type { Document } from "./document.ts";
import { exampleOf } from "./examples.ts";
import { isPart, nameOf } from "./normalize.ts";

/** A reference to another part of the document. */
interface Ref {
  $ref: string;
}

/** A message: a frame of one type, or a bare word. */
interface Message {
  name: string;
  contentType: string;
  summary?: string;
  payload: object;
  examples: { payload: unknown }[];
}

/** A socket that clients open. */
interface Channel {
  address: string;
  title: string;
  description: string;
  messages: Record<string, Ref>;
  parameters?: Record<string, { description: string }>;
  bindings: { ws: object };
}

/** What the server does on a channel: it receives the frames of clients, or sends its own. */
interface Action {
  action: "receive" | "send";
  channel: Ref;
  summary: string;
  messages: Ref[];
}

/** An AsyncAPI 3.0 document. */
export interface SocketsDocument {
  asyncapi: "3.0.0";
  info: { title: string; version: string; description: string };
  defaultContentType: string;
  servers: Record<string, { host: string; protocol: "ws" | "wss"; description: string; security: Ref[] }>;
  channels: Record<string, Channel>;
  operations: Record<string, Action>;
  components: {
    messages: Record<string, Message>;
    schemas: Record<string, unknown>;
    securitySchemes: Record<string, object>;
  };
}

/** The sockets: where they are opened, and the schemas that unite the frames of each side. */
const SOCKETS = {
  device: { path: "/v1/socket", client: "DeviceClientFrame", server: "DeviceServerFrame" },
  room: {
    path: "/v1/conversations/{id}/socket",
    client: "RoomClientFrame",
    server: "RoomServerFrame",
  },
} as const;

/** The frames that are bare words and no JSON, as the name of the message says. */
const WORDS = { Ping: "Keeps the connection open", Pong: "The answer to `ping`" };

/**
 * The AsyncAPI 3.0 document of both sockets: their frames, from the schemas that decode those of clients and
 * type those of the server.
 * @param document the OpenAPI document, which has these schemas and the calls that open the sockets
 */
export function describeSockets(document: Document): SocketsDocument {
  const schemas: Record<string, unknown> = document.components?.schemas ?? {};
  const messages: SocketsDocument["components"]["messages"] = {};
  const channels: SocketsDocument["channels"] = {};
  const actions: SocketsDocument["operations"] = {};
  for (const [word, summary] of Object.entries(WORDS)) messages[word] = wordMessage(word, summary);
  for (const [name, { path, client, server }] of Object.entries(SOCKETS)) {
    const frames = {
      receive: ["Ping", ...framesOf(schemas[client])],
      send: ["Pong", ...framesOf(schemas[server])],
    };
    const all = [...frames.receive, ...frames.send];
    for (const frame of all) messages[frame] ??= frameMessage(frame, schemas);
    channels[name] = {
      ...channelOf(document, path),
      messages: Object.fromEntries(all.map((frame) => [frame, { $ref: `#/components/messages/${frame}` }])),
    };
    for (const action of ["receive", "send"] as const) {
      actions[`${action}-${name}-frames`] = {
        action,
        channel: { $ref: `#/channels/${name}` },
        summary: action === "receive" ? "What clients send" : "What the server sends",
        messages: frames[action].map((frame) => ({ $ref: `#/channels/${name}/messages/${frame}` })),
      };
    }
  }
  const { title, version } = document.info;
  const { host, protocol } = new URL(document.servers?.[0]?.url ?? "");
  const security = Object.keys(SECURITY_SCHEMES).map((name) => ({
    $ref: `#/components/securitySchemes/${name}`,
  }));
  return {
    asyncapi: "3.0.0",
    info: { title, version, description: ABOUT_SOCKETS },
    defaultContentType: "application/json",
    servers: {
      server: { host, protocol: protocol === "http:" ? "ws" : "wss", description: "This server", security },
    },
    channels,
    operations: actions,
    components: { messages, schemas: referredBy(messages, schemas), securitySchemes: securitySchemes() },
  };
}

/** The names of the frames that a union of frames consists of. */
function framesOf(union: unknown): string[] {
  if (!isPart(union) || !Array.isArray(union.oneOf)) return [];
  return union.oneOf.flatMap((part: unknown) => (isPart(part) ? (nameOf(part) ?? []) : []));
}

function frameMessage(name: string, schemas: Record<string, unknown>): Message {
  const schema = schemas[name];
  const $ref = `#/components/schemas/${name}`;
  const summary = isPart(schema) && typeof schema.description === "string" ? schema.description : undefined;
  return {
    name,
    contentType: "application/json",
    ...(summary !== undefined && { summary }),
    payload: { $ref },
    examples: [{ payload: exampleOf({ $ref }, schemas) }],
  };
}

function wordMessage(name: string, summary: string): Message {
  const word = name.toLowerCase();
  const payload = { type: "string", const: word };
  return { name, contentType: "text/plain", summary, payload, examples: [{ payload: word }] };
}

/** The socket that a call opens, with the parameters of this call. */
function channelOf(document: Document, path: string): Omit<Channel, "messages"> {
  const operation = document.paths?.[path]?.get;
  const parameters: unknown[] = operation?.parameters ?? [];
  const placed = (place: string) =>
    parameters
      .filter(isPart)
      .filter((one) => one.in === place)
      .map(({ name, description, schema }) => ({
        name: String(name),
        description: String(description ?? "The number of the conversation"),
        schema,
      }));
  const [inPath, inQuery] = [placed("path"), placed("query")];
  const query = inQuery.map(({ name, description, schema }) => [
    name,
    Object.assign({ description }, withoutOpenApi(schema)),
  ]);
  return {
    address: path,
    title: operation?.summary ?? path,
    description: operation?.description ?? "",
    ...(inPath.length > 0 && {
      parameters: Object.fromEntries(inPath.map(({ name, description }) => [name, { description }])),
    }),
    bindings: {
      ws: {
        method: "GET",
        ...(query.length > 0 && { query: { type: "object", properties: Object.fromEntries(query) } }),
        bindingVersion: "0.1.0",
      },
    },
  };
}

/** The schemas that a part of the document refers to, and those that they refer to, as AsyncAPI has them. */
function referredBy(part: object, schemas: Record<string, unknown>): Record<string, unknown> {
  const found = new Map<string, unknown>();
  const look = (value: unknown): void => {
    if (Array.isArray(value)) for (const inner of value) look(inner);
    if (!isPart(value)) return;
    const name = nameOf(value);
    if (name !== undefined && name in schemas && !found.has(name)) {
      const schema = withoutOpenApi(schemas[name]);
      found.set(name, schema);
      look(schema);
    }
    for (const inner of Object.values(value)) look(inner);
  };
  look(part);
  return Object.fromEntries([...found].sort(([a], [b]) => a.localeCompare(b)));
}

/**
 * A copy of a schema as AsyncAPI has it: `examples` is a list, and `discriminator` means another thing. The
 * constants of the parts of a union discriminate it.
 */
function withoutOpenApi(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutOpenApi);
  if (!isPart(value)) return value;
  const { discriminator: _, example, ...rest } = value;
  const copied = Object.entries(rest).map(([key, inner]) => [key, withoutOpenApi(inner)]);
  return { ...Object.fromEntries(copied), ...(example !== undefined && { examples: [example] }) };
}

/** The ways to send a token, by the names that AsyncAPI gives their types. */
function securitySchemes(): Record<string, object> {
  return Object.fromEntries(
    Object.entries(SECURITY_SCHEMES).map(([name, scheme]) => [
      name,
      { ...scheme, type: scheme.type === "apiKey" ? "httpApiKey" : scheme.type },
    ]),
  );
}

import { z } from "zod";
import { LruMap } from "../../lib/lru-map.ts";
import { MediaKind } from "../errors.ts";
import type { FileKey } from "../ids.ts";
import type { AnyDraft } from "../messages/message.ts";
import type { Settings } from "../settings.ts";

/**
 * The origin of this server's files inside of the server: in storage, and between Worker and objects. The top
 * level domain `.invalid` is reserved (RFC 2606), so no host has this name.
 */
export const STORED_ORIGIN = "http://parley.invalid";

/** The URL of a file as it is stored. Answers and frames show it with the origin of the server. */
export function fileUrl({ key, name }: { key: FileKey; name: string }): string {
  return `${STORED_ORIGIN}/files/${key}/${encodeURIComponent(name)}`;
}

/** The settings on which the origins of files depend. */
export type FileSettings = Pick<Settings, "publicOrigin" | "formerOrigins">;

/** The path of a file, and nothing behind it. */
const FILE_PATH = /^\/files\/[0-9a-f]{32}\/[^/?#]+$/;
const Medium = z.looseObject({ url: z.string() });
/** The kinds of messages with a file. Each send looks here, where a failed parse would cost it 2 µs. */
const MEDIA: ReadonlySet<string> = new Set(MediaKind.options);

/** The origins that share a `FileOrigins`, for each settings: a client may ask any address of a wildcard. */
const MAX_SHARED = 100;

const shared = new WeakMap<FileSettings, LruMap<string, FileOrigins>>();

/**
 * The origins as clients see them that have asked this origin. A socket keeps it as long as it is open, and a
 * room has thousands of sockets: all of one origin get the same object.
 */
export function sharedOrigins(settings: FileSettings, asked: string): FileOrigins {
  const byOrigin = shared.get(settings) ?? new LruMap<string, FileOrigins>(() => MAX_SHARED);
  shared.set(settings, byOrigin);
  const known = byOrigin.get(asked);
  if (known) return known;
  const made = new FileOrigins(settings, asked);
  byOrigin.set(asked, made);
  return made;
}

/**
 * The origins of this server as one client sees it. URLs of files are stored with `STORED_ORIGIN`, and shown
 * with the setting `PUBLIC_ORIGIN`, or else with the origin that the client has asked: a server that moves
 * keeps its pictures.
 */
export class FileOrigins {
  readonly #asked: string;
  readonly #shown: string;
  readonly #own: ReadonlySet<string>;
  readonly #replaced: readonly string[];

  /** @param asked the origin of the client's request */
  constructor({ publicOrigin, formerOrigins }: FileSettings, asked: string) {
    this.#asked = asked;
    this.#shown = publicOrigin ?? asked;
    this.#own = new Set([asked, this.#shown, ...formerOrigins]);
    this.#replaced = [STORED_ORIGIN, ...formerOrigins];
  }

  /** The origin that URLs of files are shown with. */
  get shown(): string {
    return this.#shown;
  }

  /** The origin that the client has asked. */
  get asked(): string {
    return this.#asked;
  }

  /** A URL as it is stored: that of a file of this server without its host, any other one unchanged. */
  toStored(url: string): string {
    const parsed = URL.parse(url);
    if (!parsed || !this.#own.has(parsed.origin)) return url;
    const { origin, href } = parsed;
    const path = href.slice(origin.length);
    return FILE_PATH.test(path) ? STORED_ORIGIN + path : url;
  }

  /** A profile, or a change of one, with the avatar as it is stored. */
  withStoredAvatar<Change extends { avatar?: string | undefined }>(change: Change): Change {
    const { avatar } = change;
    return avatar === undefined ? change : { ...change, avatar: this.toStored(avatar) };
  }

  /** A draft with the URL of its file as it is stored. */
  draftToStored(draft: AnyDraft): AnyDraft {
    if ("copy" in draft || !MEDIA.has(draft.kind)) return draft;
    const body = Medium.parse(JSON.parse(draft.body));
    return { ...draft, body: JSON.stringify({ ...body, url: this.toStored(body.url) }) };
  }

  /**
   * A text in JSON with URLs of files as clients are shown them. Only what begins a string is replaced: in a
   * text of a user nothing but a link to a file of this server at its very beginning.
   */
  toShown(json: string): string {
    // Most answers and frames name no file.
    if (!json.includes("/files/")) return json;
    let shown = json;
    for (const origin of this.#replaced) {
      if (origin === this.#shown) continue;
      // A quote behind a backslash is one within a string: it begins none.
      shown = shown.replaceAll(`"${origin}/files/`, (found, at: number, text: string) =>
        text[at - 1] === "\\" ? found : `"${this.#shown}/files/`,
      );
    }
    return shown;
  }
}

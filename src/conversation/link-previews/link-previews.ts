import { Seq } from "../../domain/ids.ts";
import type { LinkPreview } from "../../domain/messages/link-preview.ts";
import type { LinkPreviews } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import type { FileReferences } from "../files/file-references.ts";
import { readHook } from "../log/row.ts";
import type { RoomContext } from "../room/context.ts";
import type { SendingGate } from "../sending/sending-gate.ts";
import type { PreviewRequests } from "./preview-requests.ts";

/** A job that fails so often, as D1 or the bucket does not answer, leaves the message without a preview. */
const MAX_TRIES = 3;

interface MessagePreviewsDeps {
  requests: PreviewRequests;
  previews: LinkPreviews;
  files: Pick<FileReferences, "edited">;
  gate: Pick<SendingGate, "shows">;
  timing: Timing["linkPreviews"];
}

/** Stores the previews of links, as changes of their messages. */
export class MessagePreviews {
  readonly #room: RoomContext;
  readonly #deps: MessagePreviewsDeps;

  constructor(room: RoomContext, deps: MessagePreviewsDeps) {
    this.#room = room;
    this.#deps = deps;
  }

  /**
   * The `link_previews` job of a message.
   * @param key its seq
   * @param tries how often it has failed
   * @returns when it runs again (ms since 1970), or null
   */
  async run(key: string, tries: number): Promise<number | null> {
    const { requests, previews, timing } = this.#deps;
    const seq = Seq.parse(Number(key));
    const asked = this.#room.log.get(seq);
    const link = asked ? requests.linkOf(asked) : null;
    if (!asked || link === null || tries >= MAX_TRIES) return null;
    const hook = asked.hook === null ? undefined : readHook(asked.hook).id;
    const found = await previews.of(link, { userId: asked.sender_id, hook });
    if (found === "later") return Date.now() + timing.retryMs;
    const shown = found && (await this.#shown(found));
    this.#room.flushSends();
    // It may have been edited or revoked meanwhile.
    const row = this.#room.log.get(seq);
    if (!row || !shown || requests.linkOf(row) !== link) return null;
    const preview = JSON.stringify(shown);
    if (row.link_preview === preview) return null;
    this.#room.commit((tx) => {
      this.#room.changeFeed.record(tx, [seq]);
      this.#room.log.edit(seq, { link_preview: preview });
      this.#deps.files.edited(tx, row, { after: preview, dropped: [row.link_preview ?? ""] });
    });
    return null;
  }

  /** A preview without the words that rules refuse. @returns null: without its title it is none */
  async #shown({ url, title, description, siteName, image }: LinkPreview): Promise<LinkPreview | null> {
    const { gate } = this.#deps;
    const words = [title, description, siteName].map(async (text) => {
      return text !== undefined && (await gate.shows(text, this.#room.state.id)) ? text : undefined;
    });
    const [shownTitle, about, site] = await Promise.all(words);
    if (shownTitle === undefined) return null;
    return {
      ...{ url, title: shownTitle },
      ...(about !== undefined && { description: about }),
      ...(site !== undefined && { siteName: site }),
      ...(image && { image }),
    };
  }
}

import type { Seq } from "../../domain/ids.ts";
import { linkIn, NO_PREVIEW } from "../../domain/messages/link-preview.ts";
import type { MessageRow } from "../log/row.ts";
import type { Members } from "../members/members.ts";
import type { ConversationState } from "../state/conversation-state.ts";

/** The column of a message that shows what it links to, or may. */
export const LINK_PREVIEW_COLUMN = "ALTER TABLE messages ADD COLUMN link_preview TEXT;";
/** 1: the conversation has none. */
export const LINK_PREVIEWS_OFF_COLUMN =
  "ALTER TABLE conversation ADD COLUMN link_previews_off INTEGER NOT NULL DEFAULT 0;";

interface PreviewRequestsDeps {
  /** whether the deployment has previews */
  isOn: boolean;
  state: Pick<ConversationState, "profile">;
  members: Pick<Members, "ids" | "isUnopened">;
  /** has the alarm fetch the preview of a message, in the turn of the write */
  schedule(seq: Seq): void;
}

/** Says which messages show previews of links, and has them fetched behind the sends. */
export class PreviewRequests {
  readonly #deps: PreviewRequestsDeps;

  constructor(deps: PreviewRequestsDeps) {
    this.#deps = deps;
  }

  /** After messages were stored, or got other texts, in the turn of the write. */
  stored(rows: readonly MessageRow[]): void {
    if (!this.#isOn) return;
    for (const row of rows) if (this.linkOf(row) !== null) this.#deps.schedule(row.seq);
  }

  /** The link of which a message is to show a preview; null: of none. */
  linkOf({ kind, body, poll, shadowed, revoked_rev, link_preview }: MessageRow): string | null {
    if (!this.#isOn || kind !== "text" || poll !== null || link_preview === NO_PREVIEW) return null;
    // What nobody else sees makes no calls, and a stranger has none made before they are let in.
    if (shadowed !== null || revoked_rev !== null) return null;
    const link = linkIn(body);
    return link === null || this.#isRequest() ? null : link;
  }

  get #isOn(): boolean {
    return this.#deps.isOn && this.#deps.state.profile.linkPreviews;
  }

  #isRequest(): boolean {
    const { state, members } = this.#deps;
    return state.profile.kind === "direct" && members.ids().some((id) => members.isUnopened(id));
  }
}

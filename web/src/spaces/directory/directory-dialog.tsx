import type { components } from "parley-client";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { usePaused } from "../../search/use-paused.ts";
import { useAccount } from "../../state/context.ts";
import { useAction } from "../../state/use-action.ts";
import { usePages } from "../../state/use-pages.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { More } from "../../ui/more.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { openSpace, spaces } from "../state.ts";

type ListedSpace = components["schemas"]["ListedSpace"];

/** A search begins when nothing was typed for this time, in ms. */
const PAUSE = 250;
/** The server takes so many characters. */
const MAX_QUERY = 64;

/** The spaces that anybody may join, whom the user looks through and comes into. */
export function DirectoryDialog({ onClose }: { onClose: () => void }) {
  const { chat } = useAccount();
  const [text, setText] = useState("");
  const q = usePaused(text.trim().slice(0, MAX_QUERY), PAUSE);
  const pages = usePages((page) => {
    const query = { ...page, ...(q && { q }) };
    return chat.api.call("get", "/v1/spaces/directory", { query });
  }, q);
  const join = useAction(async (id: number) => {
    const joined = await chat.api.call("post", "/v1/spaces/{id}/join", { path: { id } });
    await openSpace(chat, id, joined.channel_id);
    onClose();
  });
  const open = useAction(async (id: number) => {
    await openSpace(chat, id);
    onClose();
  });
  return (
    <Dialog title={t("directory.title")} onClose={onClose}>
      <input
        type="search"
        aria-label={t("directory.search")}
        placeholder={t("directory.search")}
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      <ProblemText text={join.problem || open.problem} />
      <ul class="directory" aria-label={t("directory.title")}>
        {pages.items?.map((space) => {
          const isIn = spaces.value.some(({ id }) => id === space.id);
          return (
            <Row key={space.id} space={space}>
              <button
                class="secondary"
                type="button"
                aria-label={t(isIn ? "directory.open" : "directory.join", { name: space.name })}
                disabled={join.isBusy || open.isBusy}
                onClick={() => void (isIn ? open : join).run(space.id)}
              >
                {t(isIn ? "invitation.open" : "invitation.join")}
              </button>
            </Row>
          );
        })}
      </ul>
      <More pages={pages} empty={t(q ? "directory.nothing" : "directory.none")} />
    </Dialog>
  );
}

interface RowProps {
  space: ListedSpace;
  /** what the user can do with it */
  children: ComponentChildren;
}

function Row({ space, children }: RowProps) {
  const { id, name, avatar, description, member_count: n } = space;
  return (
    <li>
      <Avatar id={id} name={name} picture={avatar} />
      <div>
        <h3>
          <bdi>{name}</bdi>
        </h3>
        <small>{t("conversation.members", { n })}</small>
        {description && <p dir="auto">{description}</p>}
      </div>
      {children}
    </li>
  );
}

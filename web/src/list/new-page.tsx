import type { Conversation } from "parley-client";
import { useState } from "preact/hooks";
import { GroupFinder } from "../group/group-finder.tsx";
import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import { hasKeyboard } from "../lib/system/keyboard.ts";
import { sayAsked } from "../people/say-asked.ts";
import { UserPicker } from "../people/user-picker.tsx";
import { SpaceDoor } from "../spaces/directory/space-door.tsx";
import { useAccount } from "../state/context.ts";
import { useMaking } from "../state/making/use-making.ts";
import { go, href } from "../state/router.ts";
import type { User } from "../state/types.ts";
import { useAction } from "../state/use-action.ts";
import { Page } from "../ui/page.tsx";
import { ProblemText } from "../ui/problem-text.tsx";

/** What is read here of a conversation of the list. */
type Group = Pick<Conversation, "id" | "kind" | "name">;
/** What is read of one that was begun: of a group, who is asked first. */
type Made =
  | { id: number; kind: "direct" }
  | { id: number; kind: "group"; asked?: readonly number[] | undefined };

/** Begins a conversation: with one user, or a group of several. */
export function NewPage() {
  const { chat } = useAccount();
  const [users, setUsers] = useState<readonly User[]>([]);
  const [name, setName] = useState("");
  const [isAudience, setAudience] = useState(false);
  const isGroup = users.length > 1 || name.trim() !== "";
  const making = useMaking<Group, Made>();
  const begin = useAction(async () => {
    const [first] = users;
    const body =
      isGroup || !first
        ? ({
            kind: "group",
            name: name.trim() || users.map(nameOf).join(", "),
            member_ids: users.map(({ id }) => id),
            ...(isAudience && { audience: true, join_policy: "free" as const }),
          } as const)
        : ({ kind: "direct", user_id: first.id } as const);
    const made = await making({
      known: chat.state.conversations,
      list: async () =>
        (await chat.api.call("get", "/v1/conversations", { query: { limit: 100 } }, { retry: false })).items,
      idOf: ({ id }) => id,
      // With one user there is one conversation, however often it is begun.
      isIt: (one) => body.kind === "group" && one.kind === "group" && one.name === body.name,
      make: () => chat.api.call("post", "/v1/conversations", { body }),
      adopt: ({ id }) => ({ id, kind: "direct" }),
    });
    const { id } = made;
    if (made.kind === "group") sayAsked(users, made.asked);
    go({ view: "conversation", id });
  });
  return (
    <Page title={t("new.title")} back={href({ view: "home" })}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void begin.run();
        }}
      >
        <UserPicker chosen={users} onChange={setUsers} hasFocus={hasKeyboard()} />
        <label class="field">
          {t("new.groupName")}
          <input
            type="text"
            maxLength={100}
            value={name}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
          <small>{t("new.groupHint")}</small>
        </label>
        {isGroup && (
          <fieldset>
            <label>
              <input
                type="checkbox"
                checked={isAudience}
                onChange={({ currentTarget }) => setAudience(currentTarget.checked)}
              />
              {t("new.audience")}
            </label>
          </fieldset>
        )}
        <ProblemText text={begin.problem} />
        <button class="primary" type="submit" disabled={begin.isBusy || (users.length === 0 && !isGroup)}>
          {t(isGroup ? "new.createGroup" : "new.begin")}
        </button>
      </form>
      <SpaceDoor />
      <GroupFinder />
    </Page>
  );
}

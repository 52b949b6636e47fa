import { useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import { useAccount } from "../state/context.ts";
import { Menu } from "../ui/menu.tsx";
import { useFoundUsers } from "./found-users.ts";
import { PersonRow } from "./person-row.tsx";
import { relationActions } from "./relations.ts";

/** Finds users by name, strangers by their whole username, and offers what can be done about them. */
export function PeopleFinder({ done }: { done: () => void }) {
  const account = useAccount();
  const [text, setText] = useState("");
  const found = useFoundUsers(text);
  const { value, problem, reload } = found;
  const acted = () => {
    reload();
    done();
  };
  return (
    <>
      <input
        type="search"
        autocapitalize="none"
        spellcheck={false}
        placeholder={t("picker.placeholder")}
        aria-label={t("people.find")}
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      <ul class="people">
        {value?.map((user) => (
          <PersonRow key={user.id} user={user}>
            {user.id !== account.me && (
              <Menu
                label={t("list.actions", { name: nameOf(user) })}
                items={relationActions(account, user, acted)}
              />
            )}
          </PersonRow>
        ))}
      </ul>
      <p class="status" role="status">
        {found.text !== "" && value?.length === 0 && t("picker.nobody")}
        {problem}
      </p>
    </>
  );
}

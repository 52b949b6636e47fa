import { type Chat, type Conversation, Problem } from "parley-client";
import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { isProven, takeReturn } from "../../lib/issuer/proof.ts";
import { useAccount } from "../../state/context.ts";
import { go, href, type Route } from "../../state/router.ts";
import { farewell, session } from "../../state/session.ts";
import { useAction } from "../../state/use-action.ts";
import { useLoaded } from "../../state/use-loaded.ts";
import { allPages } from "../../state/use-pages.ts";
import { useReload } from "../../state/use-reload.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { showDialog } from "../../ui/dialogs.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { PasswordField } from "../password-field.tsx";
import { signOut } from "../sign-out.ts";
import { ExportData } from "./export-data.tsx";

/** The choices for the messages of a deleted account. */
const CHOICES = ["keep", "erase"] as const;

/** Where a user of an issuer signs in once more. It leads back to the settings with the button. */
const SIGN_IN_AGAIN = `/sign-in${href({ view: "settings", place: "data" })}`;

/** The end of the account: a button, and the dialog that it opens. */
export function DeleteAccount() {
  const open = () => showDialog((close) => <DeletionDialog onClose={close} />);
  useEffect(() => {
    if (takeReturn()) open();
  }, []);
  return (
    <button class="secondary" data-danger type="button" onClick={open}>
      {t("deletion.title")}
    </button>
  );
}

function DeletionDialog({ onClose }: { onClose: () => void }) {
  const account = useAccount();
  const { chat } = account;
  const groups = useLoaded("", () => ownedGroups(chat));
  useReload(groups.reload, ({ type }) => type === "member" || type === "conversation");
  const [messages, setMessages] = useState<(typeof CHOICES)[number]>("keep");
  // The server opens no session by an issuer for a user who has a password.
  const hasPassword = !session.peek()?.isRenewed;
  const [password, setPassword] = useState("");
  const [isSure, setSure] = useState(false);
  const remove = useAction(async () => {
    try {
      const body = hasPassword ? { password } : {};
      await chat.api.call("delete", "/v1/me", { query: { messages }, body });
    } catch (error) {
      if (error instanceof Problem && error.code === "conflict") groups.reload();
      throw error;
    }
    farewell.value = "account.deleted";
    await signOut(account);
  });
  const owned = groups.value ?? [];
  const isReady = owned.length === 0 && (hasPassword ? password !== "" : isSure);
  return (
    <Dialog title={t("deletion.title")} onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void remove.run();
        }}
      >
        <p>{t("deletion.what")}</p>
        {owned.length > 0 && <OwnedGroups groups={owned} onClose={onClose} />}
        <fieldset>
          <legend>{t("deletion.messages")}</legend>
          {CHOICES.map((one) => (
            <label key={one} class="choice">
              <input
                type="radio"
                name="messages"
                checked={messages === one}
                onChange={() => setMessages(one)}
              />
              <span>
                {t(`deletion.${one}`)}
                <small>{t(`deletion.${one}Hint`)}</small>
              </span>
            </label>
          ))}
        </fieldset>
        <div class="group">
          <p>{t("deletion.exportFirst")}</p>
          <ExportData />
        </div>
        {hasPassword ? (
          <PasswordField
            label="account.password"
            value={password}
            onChange={setPassword}
            autocomplete="current-password"
          />
        ) : !isProven() ? (
          <div class="group">
            <p>{t("deletion.proof")}</p>
            <a class="secondary" href={SIGN_IN_AGAIN}>
              {t("deletion.signInAgain")}
            </a>
          </div>
        ) : (
          <label class="choice">
            <input
              type="checkbox"
              checked={isSure}
              onChange={({ currentTarget }) => setSure(currentTarget.checked)}
            />
            {t("deletion.sure")}
          </label>
        )}
        <ProblemText text={remove.problem || groups.problem} />
        <button class="primary danger" type="submit" disabled={remove.isBusy || !isReady}>
          {t("deletion.forever")}
        </button>
      </form>
    </Dialog>
  );
}

/** The groups that block the deletion, each with a link to where it is handed over or dissolved. */
function OwnedGroups({ groups, onClose }: { groups: readonly Conversation[]; onClose: () => void }) {
  return (
    <div class="group" role="status">
      <p class="problem">{t("deletion.owned")}</p>
      <ul class="people">
        {groups.map(({ id, name }) => {
          const to: Route = { view: "conversation", id, panel: "info" };
          return (
            <li key={id}>
              <a
                href={href(to)}
                onClick={(event) => {
                  event.preventDefault();
                  onClose();
                  go(to);
                }}
              >
                <bdi>{name}</bdi>
              </a>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** The groups that the user owns, those in the archive too. */
async function ownedGroups({ api }: Chat): Promise<Conversation[]> {
  const lists = (["false", "true"] as const).map((archived) =>
    allPages((query) => api.call("get", "/v1/conversations", { query: { ...query, archived } })),
  );
  const all = (await Promise.all(lists)).flat();
  return all.filter((one) => one.kind === "group" && one.role === "owner");
}

import { useId, useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { ProblemText } from "../ui/problem-text.tsx";
import { codeOf } from "./link.ts";

interface Props {
  /** somebody has pasted an invitation */
  onFound: (code: string) => void;
  /** somebody has written the number of a group; absent: that is none of what is asked for */
  onNumber?: (number: number) => void;
}

/** Where a user pastes the link of an invitation. */
export function InvitationField({ onFound, onNumber }: Props) {
  const id = useId();
  const [text, setText] = useState("");
  const [isWrong, setWrong] = useState(false);
  const submit = (pasted: string) => {
    const code = codeOf(pasted);
    const number = onNumber && /^[1-9]\d{0,15}$/.test(pasted.trim());
    setWrong(!code && !number);
    if (code) onFound(code);
    else if (number) onNumber(Number(pasted));
  };
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        submit(text);
      }}
    >
      <div class="field">
        <div class="copied-field">
          <input
            type="text"
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            placeholder={t("invitation.paste")}
            aria-label={t("invitation.paste")}
            aria-describedby={onNumber && id}
            value={text}
            onInput={({ currentTarget }) => {
              setText(currentTarget.value);
              setWrong(false);
            }}
          />
          <button class="secondary" type="submit" disabled={text.trim() === ""}>
            {t("invitation.open")}
          </button>
        </div>
        {onNumber && <small id={id}>{t("finder.hint")}</small>}
      </div>
      <ProblemText text={isWrong ? t("invitation.wrong") : ""} />
    </form>
  );
}

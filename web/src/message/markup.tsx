import type { Names } from "parley-react/markup";
import { type CodeBlock, MessageText } from "parley-react/message";
import type { ComponentType } from "preact";
import { t } from "../i18n/i18n.ts";
import { href } from "../state/address.ts";

interface Props {
  text: string;
  /** what may stand behind an `@` */
  mentioned?: readonly Names[];
  /** the user, whose own name is shown stronger */
  me?: number;
  /** draws code; absent: it is shown as it is */
  code?: ComponentType<CodeBlock>;
}

/** The text of a user with its styles, links and mentions, which lead to the users. */
export function Markup({ text, mentioned, me, code: Code }: Props) {
  return (
    <MessageText
      {...{ text, className: "text", spoiler: t("message.spoiler") }}
      {...(mentioned && { names: mentioned })}
      {...(Code && { code: (code) => <Code {...code} /> })}
      mention={({ id, text: name }) => {
        const shown = <bdi data-me={id === 0 || id === me}>{name}</bdi>;
        if (id > 0)
          return (
            <a class="mention" href={href({ view: "user", id })}>
              {shown}
            </a>
          );
        // Everybody, or a role.
        return (
          <span class="mention" data-role={id}>
            {shown}
          </span>
        );
      }}
    />
  );
}

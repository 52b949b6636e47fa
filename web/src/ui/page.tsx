import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { Icon } from "./icon.tsx";

interface Props {
  title: string;
  /** the address to go to when it is closed */
  back: string;
  /** what stands beside the title */
  actions?: ComponentChildren;
  children: ComponentChildren;
}

/** A view with a title: beside a conversation, or in its place on a narrow screen. */
export function Page({ title, back, actions, children }: Props) {
  const id = useId();
  return (
    <section class="page" aria-labelledby={id}>
      <header class="bar">
        <a class="icon-button back" href={back} aria-label={t("action.back")}>
          <Icon name="back" />
        </a>
        <h2 id={id}>{title}</h2>
        {actions}
      </header>
      <div class="page-body">{children}</div>
    </section>
  );
}

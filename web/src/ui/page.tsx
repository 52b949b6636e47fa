import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { hasKeyboard } from "../lib/system/keyboard.ts";
import { Icon } from "./icon.tsx";

interface Props {
  title: string;
  /** the address to go to when it is closed */
  back: string;
  /** what stands beside the title */
  actions?: ComponentChildren;
  children: ComponentChildren;
}

/**
 * A view with a title: beside a conversation, or in its place on a narrow screen. It takes the focus if what
 * led to it is gone, as the dialog of shortcuts is.
 */
export function Page({ title, back, actions, children }: Props) {
  const id = useId();
  const page = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    if (hasKeyboard() && document.activeElement === document.body) page.current?.focus();
  }, []);
  return (
    <section ref={page} class="page" aria-labelledby={id} tabIndex={-1}>
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

import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { isWide } from "../lib/system/wide.ts";
import { href } from "../state/router.ts";
import { Gone } from "../ui/missing/gone.tsx";
import { Page } from "../ui/page.tsx";
import { SECTIONS, sectionAt } from "./sections.tsx";

/**
 * The parts of the settings, and one of them beside their list. A screen that has no room for both shows the
 * list at `#/settings`, and a part in its place.
 * @param place the part of its address behind `#/settings/`
 */
export function SettingsPage({ place }: { place: string }) {
  const id = useId();
  const nav = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = useRef(place);
  const section = sectionAt(place);
  // The focus goes to what has come: a part, or the list, at the part that was left.
  useLayoutEffect(() => {
    const { current: before } = shown;
    if (before === place) return;
    shown.current = place;
    const link = nav.current?.querySelector<HTMLElement>(
      `[href="${addressOf(sectionAt(before)?.place ?? "")}"]`,
    );
    const isList = place === "" && !isWide();
    (isList ? link : heading.current)?.focus();
  }, [place]);
  if (!section) return <Gone text={t("app.notFound")} back={href({ view: "home" })} />;
  const { place: current, title, View } = section;
  return (
    <div class="settings" data-list={place === ""}>
      <Page
        title={t("settings.title")}
        back={href(place === "" ? { view: "home" } : { view: "settings", place: "" })}
      >
        <nav ref={nav} class="settings-nav" aria-label={t("settings.sections")}>
          <ul>
            {SECTIONS.map((one) => (
              <li key={one.place}>
                <a
                  href={addressOf(one.place)}
                  aria-current={one.place === current && (place !== "" || isWide()) ? "page" : undefined}
                >
                  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
                    <path d={one.icon} />
                  </svg>
                  {t(one.title)}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <section key={current} class="settings-section" aria-labelledby={id}>
          <h3 ref={heading} id={id} tabIndex={-1}>
            {t(title)}
          </h3>
          <View />
        </section>
      </Page>
    </div>
  );
}

function addressOf(place: string): string {
  return href({ view: "settings", place });
}

import { t } from "../../i18n/i18n.ts";
import { hasKeyboard } from "../../lib/system/keyboard.ts";
import { LATER } from "../../ui/later/icons.ts";
import type { Opened } from "../../ui/opener.tsx";
import { type MenuItem, MenuItems } from "../../ui/overlay/menu.tsx";

interface Props extends Opened {
  /** asks for files. @param accept `image/*`: the camera takes one; empty: any */
  onFiles: (accept: string) => void;
  onDialog: (dialog: "poll" | "later") => void;
}

/** What can be sent besides text. */
export function AddMenu({ onFiles, onDialog, ...opened }: Props) {
  const camera: MenuItem = { label: t("composer.camera"), onSelect: () => onFiles("image/*") };
  const items: MenuItem[] = [
    { label: t("composer.files"), icon: LATER.clip, onSelect: () => onFiles("") },
    ...(hasKeyboard() ? [] : [camera]),
    { label: t("composer.poll"), icon: LATER.poll, onSelect: () => onDialog("poll") },
    { label: t("composer.later"), icon: "clock", onSelect: () => onDialog("later") },
  ];
  return <MenuItems {...opened} items={items} />;
}

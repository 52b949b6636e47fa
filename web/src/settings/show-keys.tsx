import { showDialog } from "../ui/dialogs.tsx";
import { lazy } from "../ui/lazy.tsx";

const KeysDialog = lazy(async () => (await import("./keys-dialog.tsx")).KeysDialog);

/** Shows what the keyboard can do. */
export function showKeys(): void {
  showDialog((close) => <KeysDialog onClose={close} />);
}

/**
 * Keyboards of phones have pictures: some browsers tell of one as of something typed, with a file. It is
 * brought to the field as what is pasted is.
 * @param content has the fields
 */
export function takeTypedFiles(content: HTMLElement): void {
  content.addEventListener("beforeinput", (event) => {
    const { dataTransfer: clipboardData, target } = event;
    if (!clipboardData?.files.length || event.inputType === "insertFromPaste") return;
    event.preventDefault();
    const paste = { clipboardData, bubbles: true, cancelable: true };
    target?.dispatchEvent(new ClipboardEvent("paste", paste));
  });
}

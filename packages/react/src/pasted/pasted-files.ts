/** What of a `DataTransfer` tells files from texts. */
interface Pasted {
  readonly files: Iterable<File>;
  getData(type: string): string;
}

/**
 * The files of a paste. None, if it is a text: office programs add a picture to what they copy. The names,
 * paths or addresses that file managers add to files are no text.
 */
export function pastedFiles(data: Pasted | null): readonly File[] {
  const files = [...(data?.files ?? [])];
  const names = ["", ...files.flatMap(({ name }) => [name, encodeURI(name)])].map((name) => name.normalize());
  const lines =
    data
      ?.getData("text/plain")
      .normalize()
      .split(/[\r\n]/) ?? [];
  return lines.every((line) => names.includes(line.split(/[/\\]/).at(-1) ?? "")) ? files : [];
}

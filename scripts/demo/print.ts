/** Prints the title of a part of the story. */
export function chapter(title: string): void {
  console.log(`\n${title}\n`);
}

/** Prints a line of the story. */
export function note(line: string): void {
  console.log(line);
}

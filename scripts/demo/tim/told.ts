/** Prints what a part of the story is about. */
export function chapter(title: string): void {
  console.log(`\n${title}\n`);
}

/** Prints what happened. */
export function note(line: string): void {
  console.log(line);
}

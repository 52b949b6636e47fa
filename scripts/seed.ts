/**
 * `npm run seed`: fills a running server with a sample world of five people, who talk in Chinese and English.
 * All of it is said now, as a server alone decides when something was said.
 *
 *     npm run seed -- http://localhost:8787
 *
 * Without an address it is that of `npm run dev`. Exits with 1 if no server answers there, or if it has users
 * of these names.
 */
import { fill } from "./demo/world.ts";
import { PASSWORD } from "./support/person.ts";

const [given = "http://localhost:8787"] = process.argv.slice(2);
const address = /^https?:/.test(given) ? given : `http://${given}`;
process.exitCode = await main();

async function main(): Promise<number> {
  if (!URL.canParse(address)) return refuse(`${given} is not the address of a server.`);
  const { origin } = new URL(address);
  if (!(await answers(origin)))
    return refuse(`Nothing answers at ${origin}. Start Parley first: npm run dev`);
  try {
    const names = Object.values(await fill(origin)).map(({ user }) => user.username);
    console.log(`${origin} has ${names.length} people who have all talked just now. Sign in as one of them:`);
    console.log(`  username: ${names.join(", ")}\n  password: ${PASSWORD}`);
    console.log("`npm run demo -- --open` starts a server with a history of twelve days.");
    return 0;
  } catch (error) {
    return refuse(
      `${error instanceof Error ? error.message : error}\n` +
        `${origin} can be filled once, and only while nobody has a name of the sample world there.\n` +
        "`npm run demo -- --open` starts a server of its own with that world.",
    );
  }
}

async function answers(origin: string): Promise<boolean> {
  try {
    return (await fetch(`${origin}/healthz`)).ok;
  } catch {
    return false;
  }
}

function refuse(why: string): number {
  console.error(why);
  return 1;
}

import { z } from "zod";

interface ModuleRunner {
  import(id: string): Promise<unknown>;
}

const isRunner = (value: unknown) => z.object({ import: z.function() }).safeParse(value).success;
const Mocker = z.object({ moduleRunner: z.custom<ModuleRunner>(isRunner) });

/**
 * Has a module that was imported once be at hand. At each call of the Worker, and of each object, the pool imports the
 * Worker's module, and vitest asks another process each time where that is: it takes longer than most calls.
 */
export function keepModules(): void {
  const { moduleRunner } = Mocker.parse(Reflect.get(globalThis, "__vitest_mocker__"));
  const imported = moduleRunner.import.bind(moduleRunner);
  const kept = new Map<string, unknown>();
  moduleRunner.import = async (id) => {
    if (!kept.has(id)) kept.set(id, await imported(id));
    return kept.get(id);
  };
}

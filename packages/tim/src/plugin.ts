/** Stands for every plugin: what plugins bring is there without them. */
const plugin = { name: "parley-tim" };

export default plugin;

// Dolos in its own process: a JSON line in, a JSON line out, with the CPU seconds it took. Settings as shipped.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { File, FingerprintIndex, LanguagePicker, Options } = await import(pathToFileURL(process.argv[2]));

const options = new Options();
const language = await new LanguagePicker().findLanguage("python");
const tokenizer = await language.createTokenizer({ includeComments: false });
const known = [];
let index = null;
let number = 0;

function tokenized(name, text) {
  number += 1;
  return tokenizer.tokenizeFile(new File(`${number}-${name}`, text));
}

// Only what is protected stays in the index: a query's file is taken out again by its shared fingerprints.
function query(text) {
  const file = tokenized("query.py", text);
  index.addFiles([file]);
  const answer = known.map(([name, other]) => [name, index.getPair(other, file).similarity]);
  const entry = index.files.get(file.id);
  for (const shared of [...entry.shared, ...entry.ignored]) {
    shared.partMap.delete(file);
    if (shared.partMap.size === 0) index.index.delete(shared.hash);
  }
  index.files.delete(file.id);
  return answer;
}

function answerTo(request) {
  if (!request.items) return query(request.text);
  index = new FingerprintIndex(options.kgramLength, options.kgramsInWindow, options.kgramData);
  known.length = 0;
  for (const [name, text] of request.items) known.push([name, tokenized("a.py", text)]);
  index.addFiles(known.map(([, file]) => file));
  return [];
}

function seconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin })) {
  const start = seconds();
  const answer = answerTo(JSON.parse(line));
  console.log(JSON.stringify({ answer, seconds: seconds() - start }));
}

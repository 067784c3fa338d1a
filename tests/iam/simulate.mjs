// Answers cases with iam-simulate, one JSON line each, in input order.
//
// Enters: case lines of `sagewarden iam solve` on standard input, point questions only. Leaves: for each line
// `{"id", "answer": "allow" | "deny" | "conditional" | "refused", "why"?}`, and on standard error the time a request took.
// iam-simulate is AGPL: it runs here, in a process of its own, and nothing of it is part of Sagewarden.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

// Where the package is installed, as the first argument: a folder with `node_modules`.
const resolve = createRequire(pathToFileURL(`${process.argv[2]}/package.json`)).resolve;
const { runSimulation } = await import(pathToFileURL(resolve("@cloud-copilot/iam-simulate")));

const OWN = "arn:aws:iam::123456789012:role/nb-exec";

function simulation(entry) {
  const named = (policy, index) => ({ name: policy.name ?? `policy${index}`, policy: policy.document ?? policy });
  const role = entry.role ?? OWN;
  return {
    request: {
      principal: role,
      action: entry.question.action,
      resource: { resource: entry.question.resource, accountId: role.split(":")[4] },
      contextVariables: Object.fromEntries(
        Object.entries(entry.context ?? {}).map(([key, values]) => [key, values.length === 1 ? values[0] : values]),
      ),
    },
    identityPolicies: entry.policies.map(named),
    permissionBoundaryPolicies: entry.boundary ? [named(entry.boundary, 0)] : undefined,
    serviceControlPolicies: (entry.scps ?? []).map((level, index) => ({
      orgIdentifier: `level${index}`,
      policies: level.map(named),
    })),
    resourceControlPolicies: [],
  };
}

async function answer(entry) {
  const known = Object.keys(entry.context ?? {}).map((keyName) => ({
    keyName,
    presenceIsKnown: true,
    valueIsKnown: true,
  }));
  const outcome = await runSimulation(simulation(entry), {
    simulationMode: "Discovery",
    discoveryContextKeyConstraints: known,
  });
  if (outcome.resultType === "error") {
    return { answer: "refused", why: JSON.stringify(outcome.errors) };
  }
  if (outcome.resultType !== "single") {
    return { answer: "refused", why: `it took the resource for a wildcard: ${outcome.resultType}` };
  }
  if (outcome.overallResult !== "Allowed") {
    return { answer: "deny" };
  }
  return { answer: outcome.result.analysis.conditions ? "conditional" : "allow" };
}

let requests = 0;
let milliseconds = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const entry = JSON.parse(line);
  const start = performance.now();
  const given = await answer(entry);
  milliseconds += performance.now() - start;
  requests += 1;
  console.log(JSON.stringify({ id: entry.id, ...given }));
}
console.error(`iam-simulate: ${requests} requests, ${(milliseconds / requests).toFixed(2)} ms each`);

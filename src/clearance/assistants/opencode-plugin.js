// Clearance: asks before each prompt and each tool. Whatever is not an explicit yes is a no.
// Written by `clearance init`; `clearance prove` tells when it was changed.
import { spawn } from "node:child_process"

const PROGRAM = "{program}"
const SECONDS = { "session.created": 25, "chat.message": 25, "tool.execute.before": 25, "session.idle": 290 }
const MOST_OUTPUT = 4 * 1024 * 1024
const MOST_ROUNDS = 5

// Give the answer of Clearance to one event. Never rejects: what goes wrong is a denial that says so.
function ask(event, directory, payload) {
  return new Promise((resolve) => {
    let child
    let output = ""
    const end = (answer) => {
      clearTimeout(timer)
      resolve(answer)
    }
    const refuse = (why) => {
      const text = `Clearance did not answer (${why}), so this is denied. Run: clearance prove`
      end({ decision: "deny", reason: text, person: text })
      child?.kill("SIGKILL")
    }
    const timer = setTimeout(() => refuse("it took too long"), SECONDS[event] * 1000)
    try {
      // A list of arguments and no shell: nothing of the payload is ever read as a command.
      child = spawn(PROGRAM, ["opencode", event], { cwd: directory, stdio: ["pipe", "pipe", "ignore"], windowsHide: true })
      child.on("error", (error) => refuse(error.code ?? "it could not start"))
      child.stdin.on("error", () => {})
      child.stdout.setEncoding("utf8")
      child.stdout.on("data", (text) => {
        output += text
        if (output.length > MOST_OUTPUT) refuse("it said too much")
      })
      child.on("close", (code) => {
        if (code !== 0) return refuse(`exit code ${code}`)
        try {
          const answer = JSON.parse(output)
          if (answer.decision === "allow" || answer.decision === "deny") return end(answer)
        } catch {}
        refuse("its answer cannot be read")
      })
      child.stdin.end(JSON.stringify({ event, directory, ...payload }))
    } catch {
      refuse("it could not start")
    }
  })
}

export const Clearance = async ({ client, directory }) => {
  const starts = new Map() // session -> what it is told at its start
  const rounds = new Map() // session -> how often it was sent back in a row
  const own = new Set() // texts that we sent ourselves
  let touched = false // whether a tool has run since the last stop

  const show = async (message) => {
    try {
      await client.tui.showToast({ body: { title: "Clearance", message, variant: "warning" } })
    } catch {}
  }

  const start = async (sessionID) => {
    const answer = await ask("session.created", directory, { sessionID })
    if (answer.person) await show(answer.person)
    return answer.context ?? answer.reason ?? ""
  }

  const stop = async (sessionID) => {
    const session = await client.session.get({ path: { id: sessionID } })
    if (session.data?.parentID || !touched) return
    touched = false
    const round = rounds.get(sessionID) ?? 0
    const answer = await ask("session.idle", directory, { sessionID, again: round > 0 })
    if (answer.person) await show(answer.person)
    if (answer.decision === "allow" || round >= MOST_ROUNDS || !answer.reason) return void rounds.delete(sessionID)
    rounds.set(sessionID, round + 1)
    own.add(answer.reason)
    await client.session.prompt({ path: { id: sessionID }, body: { parts: [{ type: "text", text: answer.reason }] } })
  }

  return {
    event: async ({ event }) => {
      if (event.type !== "session.idle") return
      try {
        await stop(event.properties.sessionID)
      } catch {
        await show("Clearance could not judge the whole change. Run: clearance check")
      }
    },
    "experimental.chat.system.transform": async (input, output) => {
      if (!input.sessionID) return
      if (!starts.has(input.sessionID)) starts.set(input.sessionID, start(input.sessionID))
      const told = await starts.get(input.sessionID)
      if (told) output.system.push(told)
    },
    "chat.message": async (input, output) => {
      const typed = output.parts.filter((part) => part.type === "text" && !part.synthetic)
      const prompt = typed.map((part) => part.text).join("\n")
      if (own.delete(prompt)) return
      rounds.delete(input.sessionID)
      const answer = await ask("chat.message", directory, { sessionID: input.sessionID, model: input.model?.modelID, prompt })
      if (answer.decision === "allow") return
      // OpenCode itself shows no more than that something failed.
      await show(answer.reason)
      if (!process.stdout.isTTY) process.stderr.write(`${answer.reason}\n`)
      throw new Error(answer.reason)
    },
    "tool.execute.before": async (input, output) => {
      const payload = { sessionID: input.sessionID, tool: input.tool, args: output.args }
      const answer = await ask("tool.execute.before", directory, payload)
      if (answer.decision !== "allow") throw new Error(answer.reason)
      touched = true
    },
  }
}

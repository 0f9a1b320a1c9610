"""What a hook says when nobody could check: each contract's strictest answer. `closing.py` writes it."""
# ruff: noqa: E501, Q000
# fmt: off

CLOSED: dict[str, dict[str, tuple[float, int, str, str]]] = {
    "antigravity": {
        "PreToolUse": (20.0, 0, '{"decision": "deny", "reason": "Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work."}', ''),
        "Stop": (270.0, 0, '{}', ''),
    },
    "claude-code": {
        "SessionStart": (20.0, 0, '{"systemMessage": "Clearance could not judge this: {why}. Run `clearance prove` to see which guards work.", "hookSpecificOutput": {"hookEventName": "SessionStart", "additionalContext": "Clearance could not judge this: {why}. Run `clearance prove` to see which guards work."}}', ''),
        "UserPromptSubmit": (20.0, 0, '{"decision": "block", "reason": "Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work.", "hookSpecificOutput": {"hookEventName": "UserPromptSubmit", "suppressOriginalPrompt": true}}', ''),
        "PreToolUse": (20.0, 0, '{"systemMessage": "Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work.", "hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "deny", "permissionDecisionReason": "Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work."}}', ''),
        "Stop": (270.0, 0, '{"decision": "block", "reason": "Clearance could not judge this: {why}. Run `clearance prove` to see which guards work.", "systemMessage": "Clearance could not judge this: {why}. Run `clearance prove` to see which guards work."}', ''),
    },
    "codex": {
        "SessionStart": (20.0, 0, '{"systemMessage": "Clearance could not judge this: {why}. Run `clearance prove` to see which guards work.", "hookSpecificOutput": {"hookEventName": "SessionStart", "additionalContext": "Clearance could not judge this: {why}. Run `clearance prove` to see which guards work."}}', ''),
        "UserPromptSubmit": (20.0, 0, '{"decision": "block", "reason": "Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work."}', ''),
        "PreToolUse": (20.0, 0, '{"hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "deny", "permissionDecisionReason": "Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work."}}', ''),
        "Stop": (270.0, 0, '{"systemMessage": "Clearance could not judge this: {why}. Run `clearance prove` to see which guards work."}', ''),
    },
    "copilot-agent": {
        "sessionStart": (20.0, 0, '{"additionalContext": "Clearance could not judge this: {why}. Run `clearance prove` to see which guards work."}', ''),
        "userPromptSubmitted": (20.0, 0, '{"decision": "block", "reason": "Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work."}', ''),
        "preToolUse": (20.0, 0, '{"permissionDecision": "deny", "permissionDecisionReason": "Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work."}', ''),
        "agentStop": (270.0, 0, '{"decision": "block", "reason": "Clearance could not judge this: {why}. Run `clearance prove` to see which guards work."}', ''),
    },
    "copilot-cli": {
        "sessionStart": (20.0, 0, '{"additionalContext": "Clearance could not judge this: {why}. Run `clearance prove` to see which guards work."}', ''),
        "userPromptSubmitted": (20.0, 0, '{"decision": "block", "reason": "Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work."}', ''),
        "preToolUse": (20.0, 0, '{"permissionDecision": "deny", "permissionDecisionReason": "Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work."}', ''),
        "agentStop": (270.0, 0, '{"decision": "block", "reason": "Clearance could not judge this: {why}. Run `clearance prove` to see which guards work."}', ''),
    },
    "cursor": {
        "sessionStart": (20.0, 0, '{"continue": true, "additional_context": "Clearance could not judge this: {why}. Run `clearance prove` to see which guards work.", "user_message": "Clearance could not judge this: {why}. Run `clearance prove` to see which guards work."}', ''),
        "beforeSubmitPrompt": (20.0, 0, '{"continue": false, "user_message": "Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work."}', ''),
        "preToolUse": (20.0, 0, '{"permission": "deny", "user_message": "Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work.", "agent_message": "Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work."}', ''),
        "beforeShellExecution": (20.0, 0, '{"permission": "deny", "user_message": "Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work.", "agent_message": "Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work."}', ''),
        "beforeMCPExecution": (20.0, 0, '{"permission": "deny", "user_message": "Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work.", "agent_message": "Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work."}', ''),
        "stop": (270.0, 0, '{"followup_message": "Clearance could not judge this: {why}. Run `clearance prove` to see which guards work."}', ''),
    },
    "gemini-cli": {
        "SessionStart": (20.0, 0, '{"systemMessage": "Clearance could not judge this: {why}. Run `clearance prove` to see which guards work.", "hookSpecificOutput": {"hookEventName": "SessionStart", "additionalContext": "Clearance could not judge this: {why}. Run `clearance prove` to see which guards work."}}', ''),
        "BeforeAgent": (20.0, 0, '{"decision": "deny", "reason": "Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work."}', ''),
        "BeforeTool": (20.0, 0, '{"decision": "deny", "reason": "Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work.", "systemMessage": "Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work."}', ''),
        "AfterAgent": (270.0, 0, '{"systemMessage": "Clearance could not judge this: {why}. Run `clearance prove` to see which guards work."}', ''),
    },
    "opencode": {
        "session.created": (20.0, 0, '{"decision": "deny", "reason": "Clearance could not judge this: {why}. Run `clearance prove` to see which guards work.", "person": "Clearance could not judge this: {why}. Run `clearance prove` to see which guards work."}', ''),
        "chat.message": (20.0, 0, '{"decision": "deny", "reason": "Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work."}', ''),
        "tool.execute.before": (20.0, 0, '{"decision": "deny", "reason": "Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work."}', ''),
        "session.idle": (260.0, 0, '{"decision": "deny", "reason": "Clearance could not judge this: {why}. Run `clearance prove` to see which guards work.", "person": "Clearance could not judge this: {why}. Run `clearance prove` to see which guards work."}', ''),
    },
    "windsurf": {
        "pre_user_prompt": (20.0, 2, '', 'Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work.'),
        "pre_write_code": (20.0, 2, '', 'Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work.'),
        "pre_run_command": (20.0, 2, '', 'Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work.'),
        "pre_mcp_tool_use": (20.0, 2, '', 'Clearance could not judge this, so it is denied: {why}. Run `clearance prove` to see which guards work.'),
    },
}
"""By assistant and event: seconds in which we answer, exit code, standard output, standard error. `{why}` stands inside a
JSON string of standard output, and as plain text on standard error."""

/// AI assistants that show links to their readers, one a line in the form of ``Places``.
enum Assistants {
    static let list = """
        ChatGPT | | chatgpt.com chat.openai.com labs.openai.com app:com.openai.chatgpt
        Claude | | claude.ai claude.com app:com.anthropic.claude
        Gemini | | gemini.google.com bard.google.com aistudio.google.com app:com.google.android.apps.bard
        NotebookLM | | notebooklm.google.com notebooklm.google
        Copilot | | copilot.microsoft.com copilot.cloud.microsoft m365.cloud.microsoft/chat copilot.com
        Copilot | | bing.com/chat bing.com/copilotsearch edgeservices.bing.com github.com/copilot
        Copilot | | app:com.microsoft.copilot
        Perplexity | | perplexity.ai app:ai.perplexity.app.android
        Le Chat | | chat.mistral.ai app:ai.mistral.chat
        Grok | | grok.com grok.x.ai x.com/i/grok twitter.com/i/grok app:ai.x.grok
        Meta AI | | meta.ai
        DeepSeek | | chat.deepseek.com app:com.deepseek.chat
        Qwen | | chat.qwen.ai chat.qwenlm.ai tongyi.aliyun.com qianwen.aliyun.com
        Kimi | | kimi.com kimi.moonshot.cn
        Z.ai | | chat.z.ai
        ChatGLM | | chatglm.cn
        Doubao | | doubao.com
        Yuanbao | | yuanbao.tencent.com
        Baidu AI | | yiyan.baidu.com ai.baidu.com chat.baidu.com
        Alice | | alice.yandex.ru
        Duck.ai | | duck.ai duckduckgo.com/chat
        Lumo | | lumo.proton.me
        Kagi Assistant | | kagi.com/assistant assistant.kagi.com
        HuggingChat | | huggingface.co/chat
        You.com | | you.com
        Poe | | poe.com
        Phind | | phind.com
        iAsk | | iask.ai
        Felo | | felo.ai
        Genspark | | genspark.ai
        Manus | | manus.im
        Andi | | andisearch.com
        Komo | | komo.ai
        Pi | | pi.ai
        Character.AI | | character.ai
        Jasper | | app.jasper.ai
        Writesonic | | app.writesonic.com
        Chat+ | | chatplus.com chat-gpt.org
        """

    /// What assistants, and people who tag links for them, write into `utm_source` beside a host.
    static let sourceNames: [String: String] = [
        "chatgpt": "ChatGPT", "openai": "ChatGPT", "chat_gpt": "ChatGPT", "chat-gpt": "ChatGPT",
        "openai.com": "ChatGPT", "claude": "Claude", "anthropic": "Claude", "gemini": "Gemini",
        "copilot": "Copilot", "perplexity": "Perplexity", "grok": "Grok", "deepseek": "DeepSeek",
        "deepseek.com": "DeepSeek", "mistral": "Le Chat", "mistral.ai": "Le Chat", "lechat": "Le Chat",
        "le-chat": "Le Chat", "notebooklm": "NotebookLM", "meta-ai": "Meta AI", "metaai": "Meta AI",
    ]
}

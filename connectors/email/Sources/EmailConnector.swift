/// Mail: reads messages, and turns them into interactions.

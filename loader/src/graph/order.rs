//! The order in which modules are initialised.

use super::{Graph, NodeState};

impl Graph<'_> {
    /// The new nodes, each after those it uses; in a circle the one met first comes last, as on Windows.
    pub(super) fn initialisation_order(&self, root: Option<usize>) -> Vec<usize> {
        let mut order = Vec::new();
        let mut seen = vec![false; self.nodes.len()];
        // Shim DLLs have nothing to initialise and everything relies on them. What only a forwarder uses comes last.
        let is_shim = |&node: &usize| self.nodes.get(node).is_some_and(|node| matches!(node.state, NodeState::Shim(_)));
        let shims = (self.existing..self.nodes.len()).filter(is_shim);
        for start in shims.chain(root).chain(self.existing..self.nodes.len()) {
            let mut path = vec![(start, 0)];
            while let Some((node, next)) = path.last_mut() {
                let (node, edge) = (*node, *next);
                if edge == 0 && std::mem::replace(&mut seen[node], true) {
                    path.pop();
                    continue;
                }
                *next += 1;
                match self.nodes.get(node).and_then(|node| node.dependencies.get(edge)) {
                    Some(&used) if !seen[used] => path.push((used, 0)),
                    Some(_) => {}
                    None => {
                        order.push(node);
                        path.pop();
                    }
                }
            }
        }
        order.retain(|&node| node >= self.existing);
        order
    }
}

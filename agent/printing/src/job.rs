//! What is printed.

use madoguchi_paper::Content;
use madoguchi_protocol::VisitId;
use madoguchi_protocol::local::Paper;

/// Paper of one visit.
#[derive(Debug, Clone)]
pub struct Job {
    /// Whose.
    pub visit: VisitId,
    /// What.
    pub content: Content,
}

impl Job {
    /// Which of the visit's papers it is.
    #[must_use]
    pub fn paper(&self) -> Paper {
        match self.content {
            Content::Slip(_) => Paper::Slip,
            Content::Forms(_) => Paper::Forms,
        }
    }
}

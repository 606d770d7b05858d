/// The schema's changes, in order.
package enum Schema {}
